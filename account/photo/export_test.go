package photo

// Occupy takes the turn to make photos, until the returned function is called.
func (a *Album) Occupy() (free func()) {
	a.turns <- struct{}{}
	return func() { <-a.turns }
}
