package data

// An order is a permutation of 0 to n-1 that can be asked at any place without being stored: a Feistel network on the
// smallest even number of bits that holds n-1, applied again while it lands outside (Black and Rogaway, "Ciphers with
// arbitrary finite domains", 2002, cycle walking). It takes the place of a shuffled list that each reader would have to
// keep for each epoch.
type order struct {
	n    uint64
	half uint // bits in each half
	keys [6]uint64
}

// newOrder gives the permutation of n items for a seed and an epoch; n is at least 1.
func newOrder(n, seed, epoch uint64) order {
	o := order{n: n, half: 1}
	for o.half < 32 && uint64(1)<<(2*o.half) < n {
		o.half++
	}
	state := mix(seed) ^ mix(^epoch)
	for i := range o.keys {
		state += 0x9e3779b97f4a7c15 // the increment of SplitMix64
		o.keys[i] = mix(state)
	}
	return o
}

// at returns the item at place i < n.
func (o *order) at(i uint64) uint64 {
	mask := uint64(1)<<o.half - 1
	for {
		left, right := i>>o.half, i&mask
		for _, key := range o.keys {
			left, right = right, left^(mix(right+key)&mask)
		}
		i = left<<o.half | right
		if i < o.n {
			return i
		}
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
