/**
 * A table that becomes a list of cards where there is no room for columns.
 */
import { For, type JSX } from "solid-js"

/** A column: its heading; `end` for numbers and buttons, `hidden` for one whose heading is for screen readers alone. */
export interface Column {
  readonly title: string
  readonly end?: boolean
  readonly hidden?: boolean
}

// A table whose display is changed is no table for screen readers, unless its roles are said.

/** `label` names it; `children` are {@link Row}s. */
export function StackTable(props: { label: string; columns: ReadonlyArray<Column>; children: JSX.Element }) {
  return (
    <div class="md:overflow-x-auto">
      <table role="table" aria-label={props.label} class="block w-full md:table">
        <thead role="rowgroup" class="hidden md:table-header-group">
          <tr role="row" class="border-b border-line">
            <For each={props.columns}>
              {(column) => (
                <th
                  role="columnheader"
                  scope="col"
                  class={`px-4 py-2 font-medium whitespace-nowrap text-muted ${column.end ? "text-right" : "text-left"}`}
                >
                  <span class={column.hidden ? "sr-only" : ""}>{column.title}</span>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody role="rowgroup" class="block md:table-row-group">
          {props.children}
        </tbody>
      </table>
    </div>
  )
}

/** One row, or one card. `faded` for what is over. */
export function Row(props: { faded?: boolean; children: JSX.Element }) {
  return (
    <tr
      role="row"
      class={`block border-b border-line px-4 py-2.5 last:border-b-0 hover:bg-hover md:table-row md:p-0 ${
        props.faded ? "text-muted" : ""
      }`}
    >
      {props.children}
    </tr>
  )
}

/** One cell. In a card its label stands before it; the `head` of a card has none, and what is `empty` is left out. */
export function Cell(props: {
  label: string
  head?: boolean
  end?: boolean
  empty?: boolean
  class?: string
  children: JSX.Element
}) {
  return (
    <td
      role="cell"
      data-label={props.label}
      class={`min-w-0 gap-3 py-0.5 md:table-cell md:px-4 md:py-(--row) md:align-middle ${
        props.empty ? "hidden" : "flex"
      } ${
        props.head
          ? "font-medium wrap-anywhere md:min-w-44"
          : "wrap-break-word before:w-32 before:shrink-0 before:text-muted before:content-[attr(data-label)] md:before:content-none"
      } ${props.end ? "md:text-right md:whitespace-nowrap" : ""} ${props.class ?? ""}`}
    >
      {props.children}
    </td>
  )
}

/** The last cell, with what can be done. */
export function ActionCell(props: { children: JSX.Element }) {
  return (
    <Cell label="Actions" end class="-mx-3 before:content-none md:mx-0 md:py-0.5">
      <div class="flex min-w-0 flex-wrap gap-1 md:flex-nowrap md:justify-end">{props.children}</div>
    </Cell>
  )
}
