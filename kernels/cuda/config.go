package cuda

// Config says which device a backend uses, and how.
type Config struct {
	// Device counts the driver's devices from 0.
	Device int
	// Limit is how many bytes of the device's memory a model may need; 0 means what is free when it is asked.
	Limit int64
}
