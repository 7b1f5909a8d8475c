/**
 * A uPlot chart in the page: loaded on demand, as wide as its place, built anew when the theme changes.
 *
 * Colours are baked into the canvas, so a change of theme builds it anew. What it shows is said by whoever uses it, with
 * a text and a table: to screen readers the canvas is one picture.
 */
import { createEffect, on, onCleanup, onMount } from "solid-js"
import type uPlot from "uplot"
import "uplot/dist/uPlot.min.css"

/** Reads a CSS variable of the page: `css("--accent")`. */
export type Css = (variable: string) => string

/** What a chart is made of, but for its size, its window and what happens at the pointer. */
export type Drawing = (
  css: Css
) => Pick<uPlot.Options, "series" | "bands" | "hooks"> & { readonly unit: (value: number) => string }

/** Anything that looks at the same instants. */
export interface CanvasProps {
  readonly data: uPlot.AlignedData
  readonly drawing: Drawing
  /** The window that is shown, in milliseconds. */
  readonly fromMs: number
  readonly toMs: number
  readonly height: number
  readonly hover: number | undefined
  readonly onHover: (at: number | undefined) => void
  /** A part of the window was chosen by dragging. */
  readonly onZoom: (fromMs: number, toMs: number) => void
  readonly onReset: () => void
  readonly ticks: (ticks: ReadonlyArray<number>, distanceMs: number) => Array<string>
}

const dragPixelsMin = 6

const hasValues = ([, ...columns]: uPlot.AlignedData): boolean =>
  columns.some((column) => column.some((value) => value != null))

/** Draws in the browser alone: on the server it is an empty box of its height. */
export function Canvas(props: CanvasProps) {
  let host!: HTMLDivElement
  let plot: uPlot | undefined
  let isGone = false
  let isFollowing = false
  let undo = () => {}

  const options = (): uPlot.Options => {
    const style = getComputedStyle(host)
    const css: Css = (variable) => style.getPropertyValue(variable).trim()
    const { bands = [], hooks = {}, series, unit } = props.drawing(css)
    const axis = { stroke: css("--muted"), font: `12px ${style.fontFamily}`, ticks: { show: false } }
    return {
      width: host.clientWidth,
      height: props.height,
      ms: 1,
      padding: [8, 20, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
        bind: { dblclick: () => () => (props.onReset(), null) }
      },
      scales: {
        x: { time: true, range: () => [props.fromMs, props.toMs] },
        // Latency begins at zero: a scale that does not makes every wobble look like a cliff.
        y: { range: (_, __, max) => [0, (max || 1_000) * 1.08] }
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 24,
          space: 72,
          values: (_, splits, __, ___, distance) => props.ticks(splits, distance)
        },
        {
          ...axis,
          size: 68,
          grid: { stroke: css("--line"), width: 1 },
          // Without a value the scale is made up: it then says nothing.
          values: (u, splits) => splits.map((value) => (hasValues(u.data) ? unit(value) : ""))
        }
      ],
      series,
      bands,
      hooks: {
        ...hooks,
        setCursor: [
          (u) => {
            if (isFollowing) return
            const { idx } = u.cursor
            props.onHover(idx == null ? undefined : u.data[0][idx])
          }
        ],
        setSelect: [
          ({ posToVal, select }) => {
            if (select.width >= dragPixelsMin) {
              props.onZoom(posToVal(select.left, "x"), posToVal(select.left + select.width, "x"))
            }
            plot?.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          }
        ]
      }
    }
  }

  onMount(async () => {
    const { default: UPlot } = await import("uplot")
    if (isGone) return
    const build = () => {
      plot?.destroy()
      plot = new UPlot(options(), props.data, host)
    }
    build()
    const sizes = new ResizeObserver(() => {
      if (plot && host.clientWidth > 0 && host.clientWidth !== plot.width) {
        plot.setSize({ width: host.clientWidth, height: plot.height })
      }
    })
    sizes.observe(host)
    const themes = new MutationObserver(build)
    themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] })
    const dark = matchMedia("(prefers-color-scheme: dark)")
    dark.addEventListener("change", build)
    undo = () => {
      sizes.disconnect()
      themes.disconnect()
      dark.removeEventListener("change", build)
      plot?.destroy()
    }
  })
  onCleanup(() => {
    isGone = true
    undo()
  })
  createEffect(
    on([() => props.data, () => props.fromMs, () => props.toMs], ([data]) => plot?.setData(data as uPlot.AlignedData), {
      defer: true
    })
  )
  // The pointer may be over another chart of the page.
  createEffect(() => {
    const at = props.hover
    if (!plot) return
    isFollowing = true
    const left = at === undefined ? -10 : plot.valToPos(at, "x")
    plot.setCursor({ left, top: at === undefined ? -10 : 0 }, false)
    isFollowing = false
  })
  return <div ref={host} aria-hidden="true" class={props.height > 200 ? "h-[240px]" : "h-[176px]"} />
}
