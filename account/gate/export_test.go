package gate

// Remembered returns of how many people something is remembered.
func (g *Gate) Remembered() int { return g.cache.size() }

// Fits is fits.
func Fits(pattern, name string) bool { return fits(pattern, name) }
