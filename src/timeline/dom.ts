type Child = Node | string

/**
 * Makes an element with attributes; one that is `undefined` or `false` is left out. A style is set in the way that the
 * content security policy of a page allows.
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number | boolean | undefined>> = {},
  ...children: Child[]
): HTMLElement {
  const made = document.createElement(name)
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute === 'style') made.style.cssText = String(value)
    else if (value !== undefined && value !== false) made.setAttribute(attribute, String(value))
  }
  made.append(...children)
  return made
}

/** Changes a text, unless it is the same: a change is work for the browser and for a screen reader. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text
}

export function prefersStillness(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}
