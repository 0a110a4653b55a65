package beats

// turns are a heap, the next turn first, in which each knows its own place.
type turns[T any] struct {
	list []*T
	turn func(*T) *Turn
}

// first returns the next turn; there must be one.
func (h *turns[T]) first() *Turn { return h.turn(h.list[0]) }

// Len implements heap.Interface.
func (h *turns[T]) Len() int { return len(h.list) }

// Less implements heap.Interface.
func (h *turns[T]) Less(i, j int) bool { return h.turn(h.list[i]).due < h.turn(h.list[j]).due }

// Swap implements heap.Interface.
func (h *turns[T]) Swap(i, j int) {
	h.list[i], h.list[j] = h.list[j], h.list[i]
	h.turn(h.list[i]).place, h.turn(h.list[j]).place = int32(i+1), int32(j+1)
}

// Push implements heap.Interface.
func (h *turns[T]) Push(x any) {
	t := x.(*T)
	h.list = append(h.list, t)
	h.turn(t).place = int32(len(h.list))
}

// Pop implements heap.Interface.
func (h *turns[T]) Pop() any {
	n := len(h.list) - 1
	t := h.list[n]
	h.list[n] = nil // for the collector
	h.list = h.list[:n]
	h.turn(t).place = 0
	return t
}
