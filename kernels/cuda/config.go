package cuda

// Config says which device a backend uses, and how.
type Config struct {
	// Device counts the driver's devices from 0.
	Device int
	// Limit is how many bytes of the device's memory a model may need; 0 means what is free when it is asked.
	Limit int64
	// Kernels names the set that makes products and attention: SM80 for compute capability 8.0 and newer, SM90a for 9.0 alone; empty means
	// SM90a where the device has 9.0, and SM80 elsewhere.
	Kernels string
}

// The sets of kernels.
const (
	SM80  = "sm_80"
	SM90a = "sm_90a"
)
