// A photo as it is chosen, before the server sees it.

export const MAX_PHOTO_BYTES = 1024 * 1024
export const PHOTO_TYPES = ['image/jpeg', 'image/png']

/** What is wrong with a file, before it is sent: the server asks the same again. */
export function photoProblem(file: { type: string; size: number }): 'info.photo.type' | 'info.photo.big' | undefined {
  if (!PHOTO_TYPES.includes(file.type)) return 'info.photo.type'
  if (file.size > MAX_PHOTO_BYTES) return 'info.photo.big'
  return undefined
}
