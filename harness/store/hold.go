package store

// Hold keeps other processes from holding the same folder, until release or the end of this process. The error is a
// *LockedError where another one holds it. Create and Open hold the run's folder by themselves.
func Hold(dir string) (release func(), err error) {
	l, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}
