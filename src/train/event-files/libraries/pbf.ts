// The writer of protocol buffers of Mapbox's pbf. The build bundles it.

export { PbfWriter } from 'pbf'
