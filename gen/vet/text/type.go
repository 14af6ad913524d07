package text

import "go/types"

// Type writes a type as the source of pkg would: its own types bare, others by their package's name.
func Type(t types.Type, pkg *types.Package) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == pkg {
			return ""
		}
		return p.Name()
	})
}
