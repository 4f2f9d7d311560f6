using System.Diagnostics;

namespace NetSniff.Fuzz.Fuzzing;

/// <summary>Makes a failing input smaller as long as it fails in the same way.</summary>
internal sealed class Minimiser(FuzzTarget target)
{
    private const int RunsMax = 5_000;
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(10);

    private readonly Novelty _unused = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private int _runs;

    /// <summary>What an exception is, for telling whether two are the same: its type and where it was thrown.</summary>
    public static string Signature(Exception exception)
    {
        var lines = (exception.StackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries);
        var ours = lines.FirstOrDefault(line =>
            line.Contains("NetSniff.", StringComparison.Ordinal)
                && !line.Contains("NetSniff.Fuzz", StringComparison.Ordinal));
        // Two contracts may be broken at one place: there the words tell them apart, without their numbers.
        var words = string.Concat(exception.Message.Where(character => !char.IsAsciiDigit(character)));
        return exception is BrokenContractException or AssertFailedException
            ? $"{exception.GetType().Name} {words.Split('\n')[0]} {ours}"
            : $"{exception.GetType().Name} {ours ?? lines.FirstOrDefault()}";
    }

    public FuzzInput Minimise(FuzzInput input, string signature)
    {
        var best = input;
        bool isSmaller;
        do
        {
            isSmaller = TryDropParts(ref best, signature);
            for (var index = 0; index < best.Parts.Count; index++) isSmaller |= TryShorten(ref best, index, signature);
        }
        while (isSmaller && HasTime);
        return best;
    }

    private bool HasTime => _runs < RunsMax && _clock.Elapsed < s_time;

    private bool TryDropParts(ref FuzzInput best, string signature)
    {
        var isSmaller = false;
        for (var size = Math.Max(1, best.Parts.Count / 2); size >= 1 && HasTime; size /= 2)
        {
            for (var at = 0; at + size <= best.Parts.Count && best.Parts.Count > size && HasTime;)
            {
                var fewer = new FuzzInput([.. best.Parts[..at], .. best.Parts[(at + size)..]]);
                if (Fails(fewer, signature)) (best, isSmaller) = (fewer, true);
                else at += size;
            }
        }

        return isSmaller;
    }

    private bool TryShorten(ref FuzzInput best, int index, string signature)
    {
        var isSmaller = false;
        for (var size = Math.Max(1, best.Parts[index].Length / 2); size >= 1 && HasTime; size /= 2)
        {
            for (var at = target.HeadBytes; at + size <= best.Parts[index].Length && HasTime;)
            {
                var part = best.Parts[index];
                var shorter = new FuzzInput(best.Parts);
                shorter.Parts[index] = [.. part.AsSpan(0, at), .. part.AsSpan(at + size)];
                if (Fails(shorter, signature)) (best, isSmaller) = (shorter, true);
                else at += size;
            }
        }

        return isSmaller;
    }

    private bool Fails(FuzzInput input, string signature)
    {
        _runs++;
        try
        {
            target.Run(input.Copy(), _unused);
            return false;
        }
        catch (Exception exception)
        {
            return Signature(exception) == signature;
        }
    }
}
