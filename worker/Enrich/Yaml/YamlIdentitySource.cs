using NetSniff.Json;

namespace NetSniff.Worker.Enrich.Yaml;

/// <summary>Names from a file, read again when it changes: swapped whole, or left as it was and said why.</summary>
/// <remarks>Looks at the file again and again instead of asking to be told: a mounted ConfigMap changes by a link
/// somewhere above it, which notices about the file itself miss.</remarks>
public sealed class YamlIdentitySource(string path, TimeProvider clock) : IIdentitySource
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private (DateTime Written, long Length)? _seen;
    private string? _problem;

    public string? Problem => Volatile.Read(ref _problem);

    /// <summary>Times that the file was taken.</summary>
    public long Loads { get; private set; }

    /// <summary>Called after each look.</summary>
    public Action? Looked { get; set; }

    /// <summary>Looks again and again until it is cancelled, which is no failure.</summary>
    public async Task RunAsync(IdentityBook book, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(s_look, clock);
        try
        {
            do
            {
                Look(book);
            }
            while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <summary>Reads the file if it is another than before.</summary>
    /// <returns>Whether the book holds what the file says.</returns>
    public bool Look(IdentityBook book)
    {
        ArgumentNullException.ThrowIfNull(book);
        Read(book);
        Looked?.Invoke();
        return Problem is null;
    }

    private static FileInfo LinkTarget(FileInfo file) =>
        file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;

    private void Read(IdentityBook book)
    {
        try
        {
            // Taken before it is read: what is written meanwhile is seen the next time.
            if (!File.Exists(path))
            {
                _seen = null;
                throw new IdentityFileException("there is no such file");
            }

            var file = LinkTarget(new FileInfo(path));
            var seen = (file.LastWriteTimeUtc, file.Length);
            if (seen == _seen) return;

            _seen = seen;
            if (seen.Length > IdentityFile.LengthMax)
            {
                throw new IdentityFileException($"it has more than {IdentityFile.LengthMax} bytes");
            }

            var objects = IdentityFile.Parse(File.ReadAllText(path));
            var now = Timestamps.Nanos(clock.GetUtcNow());
            book.Replace(objects, now);
            Loads++;
            Volatile.Write(ref _problem, null);
        }
        catch (Exception problem) when (problem is IdentityFileException or IOException or UnauthorizedAccessException)
        {
            Volatile.Write(ref _problem, $"{path}: {problem.Message}");
        }
    }
}
