//! The one source of chance of a simulation.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt as _, SeedableRng as _};

/// The same throws for the same seed, on every machine.
pub(crate) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number from `least` to `most`, both included.
    pub(crate) fn between<T>(&mut self, least: T, most: T) -> T
    where
        T: rand::distr::uniform::SampleUniform + PartialOrd,
    {
        self.0.random_range(least..=most)
    }

    /// An index below `count`, which is at least 1.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.0.random_range(0..count.max(1))
    }

    pub(crate) fn one_in(&mut self, count: u32) -> bool {
        self.0.random_range(0..count) == 0
    }

    pub(crate) fn per_mille(&mut self, rate: u16) -> bool {
        rate > 0 && self.0.random_range(0..1000) < rate
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
