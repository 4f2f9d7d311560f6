namespace NetSniff.Wire.Health.Profiling.Natives;

/// <summary>How to get from a function to its caller, at one instruction of it.</summary>
/// <param name="IsKnown">Otherwise it is said in a way that is not understood here, or not at all.</param>
/// <param name="IsOutermost">Nobody called it.</param>
/// <param name="FromBase">The frame's end is reckoned from the base pointer, not from the stack pointer.</param>
/// <param name="FrameOffset">From that register to the frame's end.</param>
/// <param name="ReturnOffset">From there to where the return address lies.</param>
/// <param name="BaseOffset">And to the caller's base pointer; 0 where that was not touched.</param>
internal readonly record struct FrameRule(
    bool IsKnown, bool IsOutermost, bool FromBase, long FrameOffset, long ReturnOffset, long BaseOffset);
