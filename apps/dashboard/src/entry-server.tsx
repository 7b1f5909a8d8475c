// @refresh reload
import { createHandler, StartServer } from "@solidjs/start/server"
import { getRequestEvent } from "solid-js/web"
import type { JSX } from "solid-js"

interface DocumentProps {
  readonly assets?: JSX.Element
  readonly children?: JSX.Element
  readonly scripts: JSX.Element
}

/** The page around the app. The theme is the cookie's, so that the first paint has the right one. */
function Document(props: DocumentProps) {
  return (
    <html lang="en" data-theme={getRequestEvent()?.locals.theme} data-density={getRequestEvent()?.locals.density}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        {props.assets}
      </head>
      <body>
        <div id="app">{props.children}</div>
        {props.scripts}
      </body>
    </html>
  )
}

export default createHandler(
  () => <StartServer document={Document} />,
  (event) => ({ nonce: event.locals.nonce })
)
