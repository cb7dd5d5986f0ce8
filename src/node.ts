export { fileStore } from './stores/file.js'
export * from './index.js'
