namespace NetSniff.Tests;

/// <summary>Tests of what has a time of its own (connections that are pinged, recordings that take a second, a governor
/// that looks at the load): they run when nothing else does, or a busy machine would be what they find.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
