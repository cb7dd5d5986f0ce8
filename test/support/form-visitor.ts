const mostRedirects = 10

/** A browser without a screen: it keeps cookies, follows redirects and sends forms. */
export class FormVisitor {
  /** What the page says. */
  text = ''
  #html = ''
  #url: URL
  readonly #cookies = new Map<string, string>()

  /** @param application where a redirect is not followed to, if it is no page */
  constructor(
    start: string,
    private readonly application?: string,
  ) {
    this.#url = new URL(start)
  }

  /** Where the visitor is. */
  get url(): URL {
    return this.#url
  }

  /** Looks at the page where the visit starts, or at another one. */
  open(address: string = this.#url.href): Promise<void> {
    this.#url = new URL(address)
    return this.#go({})
  }

  /** Sends the form of the page with these fields, besides those that are in it already. */
  submit(fields: Readonly<Record<string, string>>): Promise<void> {
    const [, action] = /<form[^>]* action="([^"]*)"/.exec(this.#html) ?? []
    const body = new URLSearchParams()
    for (const [input] of this.#html.matchAll(/<input[^>]*>/g)) {
      const [name, value] = ['name', 'value'].map((attribute) => new RegExp(` ${attribute}="([^"]*)"`).exec(input)?.[1])
      if (name !== undefined) body.set(name, value ?? '')
    }
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    if (action !== undefined) this.#url = new URL(action, this.#url)
    return this.#go({ method: 'POST', body })
  }

  async #go(init: RequestInit): Promise<void> {
    let request = init
    for (let redirects = 0; redirects < mostRedirects; redirects++) {
      const cookie = Array.from(this.#cookies, (pair) => pair.join('=')).join('; ')
      const response = await fetch(this.#url, { ...request, redirect: 'manual', headers: { cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
        this.#cookies.set(name, value)
      }
      this.#html = await response.text()
      const location = response.headers.get('location')
      if (location === null) {
        this.text = this.#html.replaceAll(/<style>[^]*?<\/style>|<[^>]*>/g, ' ')
        return
      }
      this.#url = new URL(location, this.#url)
      if (this.application !== undefined && this.#url.href.startsWith(this.application)) return
      request = {}
    }
    throw new Error('the server leads nowhere')
  }
}
