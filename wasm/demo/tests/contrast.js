/** Runs in the page: each text that is to be seen, with its contrast as WCAG 2 reckons it. */
export function contrasts() {
  const channels = (colour) => {
    const context = document.createElement("canvas").getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return context.getImageData(0, 0, 1, 1).data;
  };
  const luminance = (colour) => {
    const [red, green, blue] = Array.from(channels(colour).slice(0, 3), (byte) => {
      const level = byte / 255;
      return level <= 0.04045 ? level / 12.92 : ((level + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (channels(colour)[3] === 255) return colour;
    }
    return "white";
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility()) continue;
    found.push({ text, contrast: ratio(getComputedStyle(element).color, groundOf(element)) });
  }
  // What the charts write is no text of the document.
  const axis = getComputedStyle(document.documentElement).getPropertyValue("--muted");
  found.push({ text: "the charts' axes", contrast: ratio(axis, groundOf(document.querySelector("figure"))) });
  return found;
}
