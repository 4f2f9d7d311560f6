using System.Collections.Concurrent;
using NetSniff.Cli.Capturing;
using NetSniff.Filters.Expression;

namespace NetSniff.Cli.Commands.Top;

/// <summary>Draws the tally twice a second, and at once when a key was pressed or the terminal has another size.
/// </summary>
internal sealed class TopLoop(Terminal terminal, TopSource source, Interrupts interrupts)
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(500);

    /// <summary>At most thirty pictures a second, however fast keys are pressed.</summary>
    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(34);

    private readonly TopTally _tally = new();
    private readonly TopState _state = new();
    private readonly BlockingCollection<ConsoleKeyInfo> _keys = [];
    private TopHead _head;
    private string _filter = "";

    /// <summary>Size of the screen.</summary>
    public Func<(int Width, int Height)> Size { get; init; } = static () => (Console.WindowWidth, Console.WindowHeight);

    /// <summary>The next key; waits for it.</summary>
    public Func<ConsoleKeyInfo> ReadKey { get; init; } = static () => Console.ReadKey(intercept: true);

    public void Run()
    {
        var page = new TopPage(isColoured: !terminal.IsPlain);
        using var screen = new TopScreen(terminal.Output);
        new Thread(ReadKeys) { Name = "keys", IsBackground = true }.Start();
        source.Start(_tally);
        var (start, last) = (terminal.Clock.GetTimestamp(), terminal.Clock.GetTimestamp());
        var (size, isEnded) = ((0, 0), false);
        List<string> lines = [];
        lock (_tally.Lock) Turn(0, TimeSpan.Zero, isEnded);
        while (!interrupts.Token.IsCancellationRequested && !_state.IsOver)
        {
            var passed = terminal.Clock.GetElapsedTime(last);
            lock (_tally.Lock)
            {
                if (passed >= s_turn || isEnded != source.IsOver)
                {
                    last = terminal.Clock.GetTimestamp();
                    isEnded = source.IsOver;
                    Turn(passed.TotalSeconds, terminal.Clock.GetElapsedTime(start), isEnded);
                }

                Narrow();
                var now = Size();
                lines = page.Draw(_tally, _state, _head, now.Width, now.Height);
                screen.Show(lines, isAnew: now != size);
                size = now;
            }

            WaitForKey(size);
        }
    }

    private void Narrow()
    {
        if (_filter == _state.Filter) return;

        _filter = _state.Filter;
        _tally.Narrow(_filter.Length == 0 ? null : FilterExpression.Parse(_filter).Filter);
        if (source.IsOver) _tally.Average();
    }

    private void Turn(double seconds, TimeSpan up, bool isEnded)
    {
        if (_state.IsFrozen && !isEnded) return;

        if (isEnded) _tally.Average();
        else if (seconds > 0) _tally.Turn(seconds);
        source.Refresh(_tally);
        var now = TimeZoneInfo.ConvertTime(terminal.Clock.GetUtcNow(), terminal.Zone);
        _head = new TopHead(source.Title, source.Trouble, up, now, isEnded);
    }

    /// <summary>Until a key, another size, or the next turn.</summary>
    private void WaitForKey((int Width, int Height) size)
    {
        for (var waited = TimeSpan.Zero; waited < s_turn; waited += s_frame)
        {
            if (interrupts.Token.WaitHandle.WaitOne(s_frame)) return;
            var isPressed = false;
            while (_keys.TryTake(out var key))
            {
                _state.Press(key);
                isPressed = true;
            }

            if (isPressed || Size() != size) return;
        }
    }

    private void ReadKeys()
    {
        try
        {
            while (!_state.IsOver) _keys.Add(ReadKey());
        }
        catch (InvalidOperationException)
        {
            // No keyboard: Ctrl-C still ends it.
        }
    }
}
