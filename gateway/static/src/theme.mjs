/**
 * Takes from the design system's theme only the tokens that a stylesheet uses, for a shadow root.
 *
 * The theme itself speaks to `:root`, which does not exist in there, and is larger than the widget.
 */

/** A stylesheet as nested blocks: {prelude, declarations: Map, blocks}. */
function parse(css) {
  const root = { prelude: "", declarations: new Map(), blocks: [] };
  const open = [root];
  let text = "";
  for (const character of css.replace(/\/\*[\s\S]*?\*\//g, "")) {
    const inside = open.at(-1);
    if (character === "{") {
      const block = { prelude: text.trim(), declarations: new Map(), blocks: [] };
      inside.blocks.push(block);
      open.push(block);
      text = "";
    } else if (character === ";" || character === "}") {
      const colon = text.indexOf(":");
      if (colon > 0) inside.declarations.set(text.slice(0, colon).trim(), text.slice(colon + 1).trim());
      text = "";
      if (character === "}") open.pop();
    } else text += character;
  }
  return root;
}

const FAMILY = /^\[data-color="(\w+)"\]/;
const names = (css) => new Set([...css.matchAll(/var\((--_?ds-[\w-]+)/g)].map((match) => match[1]));

function collect(theme) {
  const found = { base: new Map(), light: new Map(), dark: new Map(), families: new Map() };
  const visit = (block) => {
    for (const inner of block.blocks) {
      const { prelude, declarations } = inner;
      const family = prelude.includes('[data-color="accent"]') ? "accent" : FAMILY.exec(prelude)?.[1];
      if (prelude.startsWith("@supports") || prelude.startsWith("@media")) continue;
      const into = family
        ? found.families.get(family) ?? found.families.set(family, new Map()).get(family)
        : prelude.includes('[data-color-scheme="dark"]') ? found.dark
          : prelude.includes('[data-color-scheme="light"]') ? found.light
            : prelude.startsWith(":root") ? found.base : null;
      if (into) for (const [name, value] of declarations) into.set(name, value);
      visit(inner);
    }
  };
  visit(parse(theme));
  return found;
}

/**
 * The tokens for `:host`, light and dark, with one accent for each of `families`, chosen by the
 * attribute `color`. Throws when `css` uses a token that the theme lacks.
 */
export function hostTokens(theme, css, families) {
  const { base, light, dark, families: known } = collect(theme);
  const own = new Set([...css.matchAll(/(--_?ds-[\w-]+)\s*:/g)].map((match) => match[1]));
  const wanted = [...names(css)];
  const plain = new Map();
  const colours = [];
  const accents = [];
  for (const name of wanted) {
    if (own.has(name) || plain.has(name) || colours.includes(name)) continue;
    if (known.get(families[0]).has(name)) accents.push(name);
    else if (light.has(name)) colours.push(name);
    else if (base.has(name)) {
      plain.set(name, base.get(name));
      wanted.push(...names(base.get(name)));
    } else if (!name.startsWith("--_")) throw new Error(`The theme has no ${name}`);
  }
  const unique = [...new Set(accents)];
  const block = (selector, pairs) =>
    `${selector}{${pairs.map(([name, value]) => `${name}:${value}`).join(";")}}`;
  const scheme = (values, outer) => [
    block(outer("[x]").replace("[x]", ""), colours.map((name) => [name, values.get(name)])),
    ...families.map((family, index) => {
      const pairs = unique.map((name) => {
        const target = /var\((--[\w-]+)\)/.exec(known.get(family).get(name))[1];
        return [name, values.get(target)];
      });
      return block(outer(index ? `[color="${family}"]` : "[x]").replace("[x]", ""), pairs);
    }),
  ];
  const host = (attributes) => (attributes === "[x]" ? ":host" : `:host(${attributes})`);
  const darkHost = (attributes) =>
    `:host(${attributes === "[x]" ? "" : attributes}:not([color-scheme="light"]))`;
  return [
    block(":host", [...plain]),
    ...scheme(light, host),
    `@media (prefers-color-scheme:dark){${scheme(dark, darkHost).join("")}}`,
  ].join("\n");
}
