using System.Collections.Immutable;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>Opening, and opening again after the disk failed.</summary>
public sealed partial class DuckDbStore
{
    private static readonly TimeSpan s_readersWait = TimeSpan.FromSeconds(10);

    private readonly Lock _opening = new();

    private int _damaged;

    /// <summary>Files that could not be read and were set aside when the store was opened.</summary>
    public int PartitionsDamaged => Volatile.Read(ref _damaged);

    private DuckFiles Reopen()
    {
        lock (_opening)
        {
            if (_files is { } there) return there;
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            DuckFiles? files = null;
            try
            {
                files = new DuckFiles(_options);
                files.Open();
                _stored = files.BooksFile.Marks.ToImmutableDictionary(
                    mark => files.Books.Lane(mark.Key), mark => mark.Value);
                Volatile.Write(ref _damaged, _damaged + files.Damaged);
                _files = _known = files;
                return files;
            }
            catch (Exception error) when (error is DuckException or IOException or UnauthorizedAccessException)
            {
                files?.Dispose();
                throw new IOException($"the store in {_options.Folder} {WhyShut(error.Message)}", error);
            }
        }
    }

    /// <summary>The engine knows a file that is in use by its message alone.</summary>
    private static string WhyShut(string message)
    {
        if (!message.Contains("Could not set lock", StringComparison.Ordinal)) return $"does not open: {message}";

        var start = message.IndexOf("(PID ", StringComparison.Ordinal);
        var end = start < 0 ? -1 : message.IndexOf(')', start);
        var who = end < 0 ? "another program" : $"another program {message[start..(end + 1)]}";
        return $"is in use by {who}, perhaps another netsniff: end it, or keep records in another folder (--data)";
    }

    /// <summary>After a failure nothing is known of what the engine holds in memory: it is closed, and what is on the
    /// disk is opened when it is next asked for. What waits for a commit names what it held, so it goes as
    /// well.</summary>
    private IOException Broken(DuckFiles files, DuckException error)
    {
        ForgetPending();
        lock (_opening)
        {
            _files = null;
            files.InterruptReaders();
            SpinWait.SpinUntil(() => !files.IsRead, s_readersWait);
            files.Dispose();
        }

        return new IOException($"the store in {_options.Folder} cannot be written: {error.Message}", error);
    }
}
