// Package config reads settings into plain Go structs from one YAML file, the environment and flags, and says about each
// of them what it is, where its value came from, and what is wrong with it.
//
// A struct is the schema. The name of a field in lower case with underscores is its key (MaxTextRunes is
// max_text_runes), and these tags say the rest:
//
//	yaml:"name"      another key; "-" leaves the field out
//	doc:"…"          what it means, for the reference and for people who ask
//	secret:"true"    never shown; may be given as a file (see below). Fields of type [Secret] are secret without it
//	secret:"url"     an address that is shown without its password
//	enum:"a,b"       the only texts that are taken
//
// Fields may be texts, booleans, numbers, [time.Duration], types that implement [encoding.TextUnmarshaler], structs,
// lists of all those, and maps from text to them. Fields of other kinds (functions, pointers, interfaces) are for Go
// programs only and have no key.
//
// Each setting, at any depth that is not inside a list or map, has an environment variable: the prefix and its key in
// capitals with underscores. Lists are separated by commas there; lists and maps of structures are written as YAML on one
// line. The variable of a secret has a twin that ends in _FILE and names a file that holds the value.
//
// A flag wins over the environment, that over values of other sources, those over the file, and that over the defaults,
// setting by setting. Nothing is guessed: an unknown key, a wrong type, a key given twice and a key without a value are
// problems with their line, and all are reported at once.
package config
