import type { IncomingMessage } from 'node:http'
import type { InteractionResults, KoaContextWithOIDC } from 'oidc-provider'
import type { Provider } from 'oidc-provider/lib/provider.js'

const longestForm = 10_000
const name = /^[a-z][a-z0-9-]{0,30}$/

/** Asks who signs in. Any name will do, and any password. */
export function signInByPage(provider: Provider): void {
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next()
    const { params, session } = await provider.interactionDetails(ctx.req, ctx.res)
    const form = ctx.method === 'POST' ? await readForm(ctx.req) : undefined
    const accountId = session?.accountId ?? form?.get('name')?.trim().toLowerCase() ?? ''
    const isCancelled = form?.has('cancel') === true
    if (!isCancelled && !name.test(accountId)) {
      ctx.body = signInPage(String(params['client_id']), form && 'A name of letters, please.')
      return
    }
    const result = isCancelled ? cancelled : await consent(provider, accountId, params)
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result))
  })
}

const cancelled: InteractionResults = {
  error: 'access_denied',
  error_description: 'the sign-in was cancelled',
}

/** What the user agrees to by signing in: everything that the application asks for. */
async function consent(
  provider: Provider,
  accountId: string,
  params: Record<string, unknown>,
): Promise<InteractionResults> {
  const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) })
  grant.addOIDCScope(String(params['scope']))
  return { login: { accountId }, consent: { grantId: await grant.save() } }
}

/** Ends the session at the server without asking. `form` is the one that `oidc-provider` wants to be sent. */
export function signOutPage(ctx: KoaContextWithOIDC, form: string): void {
  const submit = form.replace('</form>', '<input type="hidden" name="logout" value="yes" /></form>')
  ctx.body = page('Signing out', `<h1>Signing out…</h1>${submit}<script>document.forms[0].submit()</script>`)
}

function signInPage(application: string, complaint = ''): string {
  return page(
    'Sign in',
    `<p class="server">Demo authorization server</p>
    <h1>Sign in</h1>
    <p>to continue to <b>${escape(application)}</b></p>
    <form method="post">
      <label>Name <input name="name" value="alice" autocomplete="username" required /></label>
      <label>Password <input name="password" type="password" value="anything" autocomplete="current-password" /></label>
      <p role="alert">${complaint}</p>
      <button>Continue</button>
      <button name="cancel" value="yes" class="quiet" formnovalidate>Cancel</button>
    </form>`,
  )
}

/** A page in the look of the server. */
export function page(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${title}</title>
    <link rel="icon" href="data:," />
    <style>${style}</style>
  </head>
  <body><main>${content}</main></body>
</html>`
}

const style = `
  :root { color-scheme: light dark; --line: light-dark(#d8dfdc, #333b3f); --accent: light-dark(#147a55, #4fcf98); }
  * { box-sizing: border-box; }
  body { display: grid; min-height: 100vh; place-items: center; margin: 0;
    background: light-dark(#f6f8f7, #0d1012); color: light-dark(#17211d, #e8edeb);
    font: 1rem/1.5 Inter, ui-sans-serif, system-ui, sans-serif; }
  main { width: min(23rem, 100vw); padding: 2rem; border: 1px solid var(--line); border-radius: 14px;
    background: light-dark(#fff, #14171a); }
  h1 { margin: 0; font-size: 1.375rem; font-weight: 600; letter-spacing: -0.02em; }
  p { margin: 0; color: light-dark(#56635d, #9ba8a2); }
  .server { margin-bottom: 1.5rem; font-size: 0.8125rem; }
  label { display: block; margin-top: 1rem; font-size: 0.875rem; font-weight: 500; }
  input { width: 100%; margin-top: 0.25rem; padding: 0.5rem 0.625rem; border: 1px solid var(--line); border-radius: 8px;
    background: none; color: inherit; font: inherit; }
  button { width: 100%; margin-top: 0.5rem; padding: 0.5rem; border: 1px solid var(--accent); border-radius: 8px;
    background: var(--accent); color: light-dark(#fff, #06281a); font: inherit; font-weight: 500; cursor: pointer; }
  button.quiet { border-color: transparent; background: none; color: inherit; }
  [role=alert] { min-height: 1rem; margin-top: 0.5rem; color: light-dark(#b8322a, #f0837b); font-size: 0.875rem; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`

function escape(text: string): string {
  return text.replaceAll(/[<&"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = ''
  for await (const part of request.setEncoding('utf8')) {
    body += part
    if (body.length > longestForm) throw new Error('too long for a form')
  }
  return new URLSearchParams(body)
}
