const SVG = "http://www.w3.org/2000/svg";

/**
 * Builds an element. `on…` properties are listeners, `true` is an empty attribute, `false`, `null`
 * and `undefined` leave the attribute out. Strings among the children become text nodes, never markup.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets or removes an attribute, so that callers need no branch. */
export function attribute(element, name, value) {
  if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : value);
}

const ICONS = {
  chat: "M4 4h16a1.5 1.5 0 0 1 1.5 1.5v10A1.5 1.5 0 0 1 20 17h-8.2L7 21v-4H4a1.5 1.5 0 0 1-1.5-1.5v-10A1.5 1.5 0 0 1 4 4ZM7 9h10M7 12.5h6",
  close: "M5.5 5.5l13 13M18.5 5.5l-13 13",
  menu: "M4 7h16M4 12h16M4 17h16",
  download: "M12 4v11M6.5 10l5.500 5.500L17.500 10M5 20h14",
  mail: "M3.500 6h17v12h-17ZM4 6.500l8 6.500 8-6.500",
  send: "M12 20V4M5 11l7-7 7 7",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4 21c0-4.4 3.6-6.5 8-6.5s8 2.1 8 6.5",
  erase: "M4 6.5h16M9.5 6.5V4h5v2.5M6 6.5l1 13.5h10l1-13.5M10 10.5v6M14 10.5v6",
  page: "M6 3h8l4 4v14H6ZM14 3v4h4M9 12h6M9 16h6",
  yes: "M7 10.5 11 3c1.7 0 2.5 1 2.3 2.6L13 9h5.5a1.5 1.5 0 0 1 1.5 1.8l-1.3 7A2 2 0 0 1 16.8 20H7ZM7 10.5H4V20h3",
  no: "M17 13.5 13 21c-1.7 0-2.5-1-2.3-2.6L11 15H5.500a1.5 1.5 0 0 1-1.500-1.800l1.300-7A2 2 0 0 1 7.200 4H17ZM17 13.500h3V4h-3",
  alert: "M12 3 2.500 20h19ZM12 10v5M12 17.500v.1",
};

/** A line icon, hidden from assistive technology: the name is always in text beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({
    viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2",
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", class: "icon",
  })) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}
