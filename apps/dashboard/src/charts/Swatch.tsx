/**
 * A square in the colour of what a legend names.
 */

/** `class` fills it: `fill-down-fill`. Say the word beside it. */
export function Swatch(props: { class: string | undefined }) {
  return (
    <svg width="8" height="8" aria-hidden="true">
      <rect width="8" height="8" rx="1.5" class={props.class} />
    </svg>
  )
}
