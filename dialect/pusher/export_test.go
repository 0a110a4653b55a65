package pusher

// Waiting returns how many clients wait for their turn to be asked whether they are there.
func (s *Server) Waiting() int { return s.beats.Len() }
