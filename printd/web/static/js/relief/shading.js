/**
 * The programs that draw a piece: heights come from a texture, the rest is arithmetic.
 *
 * The lamp stands beside the viewer, not beside the piece, so that a hill stays a hill however it
 * is turned; strengths are those of the pictures that the server draws.
 */

const PIECE = /* glsl */ `
uniform highp usampler2D heights;
uniform highp sampler2D keeps;
uniform ivec2 grid;       // samples along the width and the height
uniform vec2 size;        // of the picture, mm
uniform float low;        // height of 0 over the back, mm
uniform float span;       // what the highest value adds, mm
uniform bool inverted;
uniform bool mirrored;
uniform bool hasKeep;
uniform float curve;      // 1 / radius of the back: above 0 bent outwards, below inwards
varying vec3 facing;
varying float thick;
varying float hollow;
varying vec2 place;
varying float stays;

const float OUTLINE = 127.5 / 255.0;

float heightAt(ivec2 at) {
  float share = float(texelFetch(heights, clamp(at, ivec2(0), grid - 1), 0).r) / 65535.0;
  return low + span * (inverted ? 1.0 - share : share);
}

float keepAt(ivec2 at) {
  return hasKeep ? texelFetch(keeps, clamp(at, ivec2(0), grid - 1), 0).r : 1.0;
}

vec2 onPicture(vec2 at) { // mm from the left and lower edge
  vec2 share = at / vec2(grid - 1);
  return size * vec2(mirrored ? 1.0 - share.x : share.x, 1.0 - share.y);
}

vec3 placed(vec2 flat_, float z) {
  float x = flat_.x - 0.5 * size.x;
  if (curve == 0.0) return vec3(x, flat_.y, z);
  float radius = 1.0 / curve;
  float angle = x / abs(radius);
  float behind = 2.0 * radius * pow(sin(0.5 * angle), 2.0);
  return vec3((abs(radius) + sign(radius) * z) * sin(angle), flat_.y, z * cos(angle) - behind);
}

vec3 turned(vec2 flat_, vec3 normal) {
  if (curve == 0.0) return normal;
  float angle = (flat_.x - 0.5 * size.x) * curve;
  vec3 along = vec3(cos(angle), 0.0, -sin(angle));
  vec3 away = vec3(sin(angle), 0.0, cos(angle));
  return normal.x * along + vec3(0.0, normal.y, 0.0) + normal.z * away;
}
`;

const TOP = /* glsl */ `
attribute vec2 cell;

// How much it rises to the right and upwards; over an edge nothing is known.
vec2 slope(ivec2 at) {
  ivec2 left = max(at - ivec2(1, 0), ivec2(0)), right = min(at + ivec2(1, 0), grid - 1);
  ivec2 above = max(at - ivec2(0, 1), ivec2(0)), below = min(at + ivec2(0, 1), grid - 1);
  if (hasKeep) {
    if (keepAt(left) < OUTLINE) left = at;
    if (keepAt(right) < OUTLINE) right = at;
    if (keepAt(above) < OUTLINE) above = at;
    if (keepAt(below) < OUTLINE) below = at;
  }
  vec2 apart = vec2(right.x - left.x, below.y - above.y) * size / vec2(grid - 1);
  vec2 rise = vec2(heightAt(right) - heightAt(left), heightAt(above) - heightAt(below));
  return rise / max(apart, 1e-6) * vec2(mirrored ? -1.0 : 1.0, 1.0);
}

// How far below its surroundings it lies, as a share of their distance.
float hollowness(ivec2 at, int cells) {
  float z = heightAt(at);
  float around = heightAt(at + ivec2(cells, 0)) + heightAt(at - ivec2(cells, 0))
    + heightAt(at + ivec2(0, cells)) + heightAt(at - ivec2(0, cells));
  return (0.25 * around - z) / (float(cells) * size.x / float(grid.x - 1));
}

void main() {
  ivec2 at = ivec2(cell);
  vec2 flat_ = onPicture(cell);
  vec2 rises = slope(at);
  thick = heightAt(at);
  rises.x /= 1.0 + curve * thick;
  stays = keepAt(at);
  int wide = max(4, max(grid.x, grid.y) / 32);
  hollow = clamp(1.1 * hollowness(at, 2) + 1.4 * hollowness(at, wide), -0.5, 0.7);
  place = (cell + 0.5) / vec2(grid);
  vec4 seen = modelViewMatrix * vec4(placed(flat_, thick), 1.0);
  facing = normalMatrix * turned(flat_, normalize(vec3(-rises, 1.0)));
  gl_Position = projectionMatrix * seen;
}
`;

const WALL = /* glsl */ `
attribute vec4 ends;
attribute vec2 along;
attribute vec2 outward;

void main() {
  vec2 cell = mix(ends.xy, ends.zw, along.x);
  vec2 flat_ = onPicture(cell);
  thick = along.y * mix(heightAt(ivec2(ends.xy)), heightAt(ivec2(ends.zw)), along.x);
  hollow = 0.0;
  stays = 1.0;
  place = (cell + 0.5) / vec2(grid);
  facing = normalMatrix * turned(flat_, vec3(mirrored ? -outward.x : outward.x, outward.y, 0.0));
  gl_Position = projectionMatrix * modelViewMatrix * vec4(placed(flat_, thick), 1.0);
}
`;

const BACK = /* glsl */ `
attribute vec2 cell;

void main() {
  vec2 flat_ = onPicture(cell);
  thick = 0.0;
  hollow = 0.0;
  stays = 1.0;
  place = (cell + 0.5) / vec2(grid);
  facing = normalMatrix * turned(flat_, vec3(0.0, 0.0, -1.0));
  gl_Position = projectionMatrix * modelViewMatrix * vec4(placed(flat_, 0.0), 1.0);
}
`;

const LIGHT = /* glsl */ `
const vec3 LAMP = vec3(-0.6197, 0.5597, 0.5497);

vec3 lit(vec3 colour, vec3 normal, float hollow) {
  float dark = clamp(0.5 * hollow, -0.25, 1.0);
  float lamp = max((dot(LAMP, normal) + 0.05) / 1.05, 0.0);
  float body = 0.86 * lamp * (1.0 - 0.45 * dark) + 0.30 * (2.0 + normal.y) / 3.0 * (1.0 - dark);
  vec3 light = colour * body;
  vec3 over = max(light - 0.7, 0.0); // bent, so that nothing is cut off at white
  return min(light, 0.7) + 0.3 * (1.0 - exp(-over / 0.3));
}
`;

const SEEN = /* glsl */ `
uniform highp sampler2D keeps;
uniform bool hasKeep;
uniform bool mirrored;
uniform bool isOpen;
uniform vec3 colour;
uniform bool glows;
uniform float absorption; // of light, per mm
uniform float thinnest;   // mm; as bright as it gets
varying vec3 facing;
varying float thick;
varying float hollow;
varying vec2 place;
varying float stays;
${LIGHT}
// A warm lamp behind it: plastic holds back blue first, so thick parts are redder.
vec3 throughIt(float mm) {
  float light = exp(-absorption * max(mm - thinnest, 0.0));
  const vec3 THICK = vec3(1.0, 0.70, 0.38), THIN = vec3(1.0, 0.86, 0.64), EYE = vec3(0.2126, 0.7152, 0.0722);
  vec3 tint = mix(THICK, THIN, light);
  return light * tint * dot(THIN, EYE) / dot(tint, EYE);
}

void main() {
  if (stays < 127.5 / 255.0) discard;
  #ifdef IS_BACK
  if (hasKeep && texture2D(keeps, place).r < 127.5 / 255.0) discard;
  #endif
  vec3 normal = normalize(facing);
  if (isOpen && gl_FrontFacing == mirrored) normal = -normal; // a surface alone is seen from both sides
  #ifdef IS_TOP
  if (glows) gl_FragColor = vec4(throughIt(thick), 1.0);
  else gl_FragColor = vec4(lit(colour, normal, hollow), 1.0);
  #else
  gl_FragColor = vec4(glows ? vec3(0.02, 0.012, 0.006) : lit(colour, normal, hollow), 1.0);
  #endif
  #include <colorspace_fragment>
}
`;

/** The programs of the three parts of a piece: `[vertices, pixels]`. */
export const PROGRAMS = {
  top: [PIECE + TOP, `#define IS_TOP\n${SEEN}`],
  wall: [PIECE + WALL, SEEN],
  back: [PIECE + BACK, `#define IS_BACK\n${SEEN}`],
};

/** Programs of plain things beside the piece, in the same light. */
export const PLAIN = [
  /* glsl */ `
varying vec3 facing;
void main() {
  facing = normalMatrix * normal;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}
`,
  /* glsl */ `
uniform vec3 colour;
varying vec3 facing;
${LIGHT}
void main() {
  gl_FragColor = vec4(lit(colour, normalize(facing), 0.0), 1.0);
  #include <colorspace_fragment>
}
`,
];
