//! The local installation and its binary, killed at every moment.

#[cfg(test)]
mod starts;
#[cfg(test)]
mod under_load;
