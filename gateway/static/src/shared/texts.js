/**
 * A translator over a table bundled at build time from gateway/locales.
 * `table` is {key: [sv, nb, nn]}; an unknown key throws, because the build has checked every key.
 */
export function translator({ languages, table }, language) {
  const column = Math.max(0, languages.indexOf(language));
  return (key, values = {}) => {
    const row = table[key];
    if (!row) throw new Error(`No text for ${key}`);
    return row[column].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  };
}

/** The wording for a count: `key.one` or `key.many`, with {count}. */
export function counted(t, key, count) {
  return t(`${key}.${count === 1 ? "one" : "many"}`, { count });
}
