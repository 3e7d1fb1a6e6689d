import { fromUrl } from "geotiff";

import { scaleOf } from "./raster-colours";

// Which values of a raster that a reader puts on the map get the first and the last colour. OpenLayers would show
// floating-point values of 0 to 255 as they are and everything beyond as black or white; phases and velocities lie
// around 0. Where what the raster holds has no range of its own, a coarse look at it tells.

const LOOK = 256; // pixels a side; geotiff.js reads the overview that fits

function shownBand(source, count) {
  // Of several layers the last: in a series of displacements the first is zero by definition.
  return source.bands?.[0] ?? count;
}

async function spread(source, scale) {
  const tiff = await fromUrl(source.url);
  const image = await tiff.getImage();
  const band = shownBand(source, image.getSamplesPerPixel());
  const [values] = await tiff.readRasters({ width: LOOK, height: LOOK, samples: [band - 1] });
  const nodata = source.nodata ?? image.getGDALNoData();
  const valid = Float64Array.from(values.filter((value) => Number.isFinite(value) && value !== nodata)).sort();
  const [min, max] = scale.range((share) => valid[Math.round(share * (valid.length - 1))]);
  return min < max ? { bands: [band], min, max } : {};
}

/** STAC Browser's hook for map sources; gives back the options of the OpenLayers source. */
export default async function mapSourceOptions(type, options, asset) {
  if (type.name !== "GeoTIFF") {
    return options;
  }
  const scale = scaleOf(asset);
  const sources = options.sources.map(async (source) => {
    const known = typeof source.min === "number" && typeof source.max === "number";
    return known ? source : { ...source, ...(await spread(source, scale)) };
  });
  return { ...options, sources: await Promise.all(sources), interpolate: false };
}
