// Package photo keeps the photos that people show of themselves.
//
// What somebody uploads is never kept and never served: a photo is decoded, cut to a square, scaled to [Size] and encoded
// again, so that nothing of the file's bytes survives, neither where it was taken nor a page hidden in it. How large an image
// would be is read from its header before anything is decoded, and only few are decoded at a time: a small file can be a very
// large image. Only JPEG and PNG are taken, told by what is in the file; its name and what the client says of it don't count.
//
// Photos are served under random names, always as image/jpeg, in answers that can do nothing as a page. Who has none is shown
// the initials of their name: see [Avatar].
package photo
