namespace NetSniff.Worker.Serve;

/// <summary>Whoever asked does not read: the call is ended for everybody's sake.</summary>
internal sealed class StalledException(TimeSpan wait)
    : Exception(FormattableString.Invariant($"nothing was read for {wait.TotalSeconds:0.#} s"));
