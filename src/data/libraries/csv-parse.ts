// The streaming CSV parser of node-csv. The build bundles it.

export { parse } from 'csv-parse'
