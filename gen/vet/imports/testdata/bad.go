package bad

import (
	. "math"    // want `import \. "math" is not allowed: import the package by its name`
	"os"        // want `import "os" is not allowed: there are no files, environment or processes; keep state in exported fields; a mechanism may import cmp, context`
	"reflect"   // want `import "reflect" is not allowed`
	_ "strings" // want `import _ "strings" is not allowed`
	"sync"      // want `import "sync" is not allowed`
	"time"      // want `import "time" is not allowed: there is no clock`
	_ "unsafe"  // want `import "unsafe" is not allowed`
)

func use() { os.Exit(int(Floor(Pi))); _ = time.Now(); _ = reflect.TypeOf(1); _ = sync.Mutex{} }
