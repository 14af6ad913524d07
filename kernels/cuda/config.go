package cuda

// Config says which device a backend uses, and how.
type Config struct {
	// Device counts the driver's devices from 0.
	Device int
	// Limit is how many bytes of the device's memory a model may need; 0 means what is free when it is asked.
	Limit int64
	// Hopper makes matrix products by the kernels for compute capability 9.0, which have never run on a device yet. Without it, those
	// for 8.0 and newer serve.
	Hopper bool
}
