// Draws the tiles that Python sends, and tells Python which one was opened.
export default function ({ data, parentElement, setTriggerValue }) {
  const draw = (tile) => {
    const box = document.createElement(tile.picture ? "button" : "div");
    box.className = "tile";
    if (tile.picture) {
      const picture = document.createElement("img");
      picture.src = tile.picture;
      picture.alt = tile.words;
      box.append(picture);
      box.onclick = () => setTriggerValue("opened", tile.key);
    }
    const caption = document.createElement("span");
    caption.textContent = tile.caption;
    caption.style.borderTopColor = tile.colour;
    box.append(caption);
    if (!tile.link) return box;
    const link = document.createElement("a");
    link.href = tile.link;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    link.textContent = tile.picture ? "photo credit" : "see the photo";
    link.setAttribute("aria-label", `Photo credit of ${tile.words}`);
    const credited = document.createElement("div");
    credited.append(box, link);
    return credited;
  };
  const list = parentElement.querySelector("ul");
  list.classList.toggle("blurred", data.blurred);
  // Drawn anew only where it changes, so that whoever uses the keyboard stays where they are.
  const drawn = JSON.stringify(data.groups);
  if (list.drawn === drawn) return;
  list.drawn = drawn;
  list.replaceChildren(
    ...data.groups.map((group) => {
      const item = document.createElement("li");
      item.style.setProperty("--tiles", Math.min(group.length, 3));
      item.classList.toggle("together", group.length > 1);
      item.append(...group.map(draw));
      return item;
    }),
  );
}
