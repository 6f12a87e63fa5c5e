/** Draws anew what is within a part; whoever was on something in it stays there, or comes to its heading. */
export function anew(part, parent, ...children) {
  const active = parent.contains(document.activeElement) ? document.activeElement : null;
  parent.replaceChildren(...children);
  if (!active) return;
  const { key } = active.dataset;
  const same = key ? parent.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
  (same ?? part.querySelector("h3")).focus();
}
