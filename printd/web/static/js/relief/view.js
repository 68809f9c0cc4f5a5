/** A relief on its bed, drawn from the heights that the server sends; see `ReliefView`. */

/** The shape of one draft, in one place of the page. */
export class ReliefView {
  /**
   * @param {HTMLElement} root the `.relief` of the template `relief_view.html`
   * @param {{
   *   draftUrl?: string,
   *   settings?: Record<string, unknown>,
   *   material?: string,
   *   limits?: {bedMm?: [number, number], samples?: number, orbit?: "front" | "all", coin?: boolean},
   * }} [begin]
   */
  constructor(root, begin = {}) {
    this.root = root;
    this.begin = begin;
  }

  /** Show another draft, and its first settings. */
  open(_draftUrl, _settings) {}

  /** Show these settings: at once what can be, the rest when the server has answered. */
  set(_settings, _effective = _settings) {}

  /** Look from `front`, `tilted`, `side`, `back`, or at the light behind: `light-on`. */
  look(_name) {}

  /** Colour it like this filament: "white-pla", or "#rrggbb". */
  paint(_material) {}

  /** Return what is shown, in numbers. */
  info() {
    return null;
  }

  /** Let everything go. */
  close() {}
}
