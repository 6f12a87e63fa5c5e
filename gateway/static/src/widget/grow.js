/** Makes a text area as high as its text, from so many lines to so many, where styles alone cannot. */
export function grow(input, least, most) {
  if (CSS.supports("field-sizing", "content")) return;
  const lines = input.value.split("\n").length + Math.floor(input.value.length / 45);
  input.rows = Math.max(least, Math.min(most, lines));
}
