using System.Diagnostics;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>A `Debug.Assert` that did not hold: a mistake of ours that an input brought to light.</summary>
internal sealed class AssertFailedException(string message) : Exception(message);

/// <summary>Makes asserts throw instead of ending the process, so that they are findings as any other.</summary>
internal sealed class Asserts : TraceListener
{
    /// <summary>Once per process. Has an effect where the code under test was built with its asserts in.</summary>
    public static void Throw()
    {
        Trace.Listeners.Clear();
        Trace.Listeners.Add(new Asserts());
    }

    public override void Fail(string? message, string? detailMessage) =>
        throw new AssertFailedException($"assert: {message} {detailMessage}".TrimEnd());

    public override void Write(string? message)
    {
    }

    public override void WriteLine(string? message)
    {
    }
}
