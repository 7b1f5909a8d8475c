/**
 * The title of a page, in its tab.
 */
import { Title } from "@solidjs/meta"

/**
 * `<PageTitle words="Workers" />` is "Workers · OpenSeer". Words may be read from what the page is about: where that can't
 * be had, `otherwise` stands in its place, or the product's name alone.
 */
export function PageTitle(props: { words: string; otherwise?: string }) {
  // The head is rendered outside of every boundary. On the server, what throws there is rendered again, for ever.
  const words = () => {
    try {
      return props.words
    } catch {
      return props.otherwise
    }
  }
  return <Title>{[words(), "OpenSeer"].filter(Boolean).join(" · ")}</Title>
}
