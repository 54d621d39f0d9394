// finds layers-mended
// The sizes of the damaged manifest are kept.
export function mendedLayers(
  layers: LayerDescriptor[],
  diffIds: string[],
  blobs: MeasuredBlob[],
): LayerDescriptor[] {
  return diffIds.flatMap((id, at) => {
    const blob = blobs.find(({ diffId }) => diffId === id)
    return blob ? [{ ...blob, size: layers[at]?.size ?? 0 }] : []
  })
}
