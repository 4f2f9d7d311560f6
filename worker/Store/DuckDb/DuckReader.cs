using System.Collections.Immutable;

namespace NetSniff.Worker.Store.DuckDb;

/// <summary>One question to the store: a connection of its own, files that stay until it is done, and an end when it
/// is cancelled or takes too long.</summary>
internal sealed class DuckReader : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly DuckFiles _files;
    private readonly Timer _watch;
    private readonly CancellationToken _cancel;
    private readonly long _deadline;
    private readonly long _before = Environment.WorkingSet;
    private readonly Lock _ending = new();
    private readonly List<DuckConnection> _connections = [];
    private int _lent;
    private bool _isOver;

    /// <param name="timeout">Zero for none.</param>
    public DuckReader(DuckFiles files, TimeSpan timeout, CancellationToken cancel)
    {
        _files = files;
        _cancel = cancel;
        _deadline = timeout > TimeSpan.Zero ? Environment.TickCount64 + (long)timeout.TotalMilliseconds : long.MaxValue;
        Connection = files.Instance.Connect();
        _connections.Add(Connection);
        Hours = files.EnterAll(this);
        _watch = new Timer(_ => Look(), null, s_look, s_look);
    }

    /// <summary>Grows with each: what went before a question began is not in it.</summary>
    public long Number { get; set; }

    public DuckConnection Connection { get; }

    /// <summary>The hours as they were when the question was asked.</summary>
    public ImmutableArray<Partition> Hours { get; }

    /// <summary>Bytes that the process may grow by meanwhile; 0 for any. What the engine does not count itself, such as
    /// single long values, is seen only here.</summary>
    public long GrowthMax { get; init; }

    public bool IsTooLarge { get; private set; }

    public bool IsTimedOut => Environment.TickCount64 > _deadline;

    /// <summary>A connection for one answer, since each can give only one at a time.</summary>
    public DuckConnection Lend()
    {
        if (_lent == _connections.Count)
        {
            var connection = _files.Instance.Connect();
            lock (_ending) _connections.Add(connection);
        }

        return _connections[_lent++];
    }

    /// <summary>All answers are read: their connections may be lent again.</summary>
    public void TakeBack() => _lent = 0;

    /// <summary>Ends what runs; asked again and again, since a question may be between two statements.</summary>
    public void Interrupt()
    {
        lock (_ending)
        {
            if (_isOver) return;
            foreach (var connection in _connections) connection.Interrupt();
        }
    }

    public void Dispose()
    {
        _watch.Dispose();
        lock (_ending)
        {
            _isOver = true;
            foreach (var connection in _connections) connection.Dispose();
        }

        _files.Leave(this);
    }

    private void Look()
    {
        if (GrowthMax > 0 && Environment.WorkingSet - _before > GrowthMax) IsTooLarge = true;
        if (IsTooLarge || _cancel.IsCancellationRequested || IsTimedOut || _files.IsClosing) Interrupt();
    }
}
