// Colours of rasters on the map, by what the asset's roles say that they hold. Stops are evenly spaced samples of the
// colour maps that previews are made with: twilight_shifted, balance, cividis and gray.

const PI = 3.14159;
const LOW = 0.02;
const HIGH = 0.98;

const SCALES = [
  {
    role: "phase",
    range: () => [-PI, PI],
    colours: ["#2f1337", "#4d176e", "#5d43a4", "#6276ba", "#7ca1c2", "#b1c5cd", "#e1d8e1",
      "#d3baa9", "#c5886c", "#b25652", "#8f2c50", "#561546", "#2f1436"],
  },
  { role: "coherence", range: () => [0, 1], colours: ["#000000", "#ffffff"] },
  ...["unwrapped_phase", "atmosphere", "los_velocity", "los_displacement"].map((role) => ({
    role,
    range: (at) => [-Math.max(-at(LOW), at(HIGH)), Math.max(-at(LOW), at(HIGH))],
    colours: ["#171c42", "#283888", "#0b5dbe", "#3887b9", "#74a9bd", "#b5c8cf", "#f0eceb",
      "#debaaf", "#d08a73", "#c0593c", "#a72324", "#720e27", "#3c0911"],
  })),
];
const OTHER = {
  range: (at) => [at(LOW), at(HIGH)],
  colours: ["#00224d", "#1a386f", "#434e6b", "#61646f", "#7c7b78",
      "#9a9376", "#baac6c", "#dcc858", "#fde737"],
};

/** How an asset is coloured: `range` gives the values of the first and the last colour from those of quantiles. */
export function scaleOf(asset) {
  return SCALES.find(({ role }) => asset?.roles?.includes(role)) ?? OTHER;
}

function styleOf({ colours }) {
  const stops = colours.flatMap((colour, i) => [i / (colours.length - 1), colour]);
  // The last band is the mask; a pixel without a value has no colour.
  return { color: ["case", ["==", ["band", 2], 0], [0, 0, 0, 0], ["interpolate", ["linear"], ["band", 1], ...stops]] };
}

/** Give the rasters of a STAC layer their colours, each once. */
export function colourRasters(stacLayer) {
  for (const layer of stacLayer.getLayers().getArray()) {
    if (layer.getSource?.()?.bandCount === 2 && !layer.get("coloured")) {
      layer.set("coloured", true);
      layer.setStyle(styleOf(scaleOf(layer.get("stac"))));
    }
  }
}
