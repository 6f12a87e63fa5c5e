import css from "./widget.css";

/** Gives the shadow root its styles, with rem meaning the resident's own text size, whatever the page did to it. */
export function dress(element) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(":host{all:initial!important}");
  element.shadowRoot.adoptedStyleSheets = [sheet];
  const own = parseFloat(getComputedStyle(element).fontSize) || 16;
  const page = parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
  const scale = own / page;
  sheet.replaceSync(Math.abs(scale - 1) < 0.01
    ? css
    : css.replace(/(\d*\.?\d+)rem\b/g, (_, size) => `${(size * scale).toFixed(4)}rem`));
}
