"""Classes as the spec defines them: loops, conditions and helpers kept, and proved to unfold to what was checked."""
