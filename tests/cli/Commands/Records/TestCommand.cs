using System.Text;
using NetSniff.Cli;
using NetSniff.Cli.Commands;
using NetSniff.Tests.Commands;

namespace NetSniff.Tests.Cli.Commands.Records;

/// <summary>A command in this process: what it said and how it ended.</summary>
internal sealed class TestCommand
{
    private readonly MemoryStream _output = new();
    private readonly LockedText _error = new();

    public int Code { get; private set; }

    public string Output
    {
        get { lock (_output) return Encoding.UTF8.GetString(_output.ToArray()); }
    }

    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string Error => _error.ToString();

    public static TestCommand Run(params string[] arguments)
    {
        var command = new TestCommand();
        command.Start(arguments);
        return command;
    }

    public static (TestCommand Command, Task Ended) Begin(params string[] arguments)
    {
        var command = new TestCommand();
        return (command, Task.Factory.StartNew(() => command.Start(arguments), TaskCreationOptions.LongRunning));
    }

    /// <summary>Waits until the output is as wanted; a test that waits in vain fails by its name.</summary>
    public async Task UntilAsync(Func<TestCommand, bool> isSo, string what)
    {
        for (var left = 600; !isSo(this); left--)
        {
            Assert.True(left > 0, $"{what}\noutput: {Output}\nerror: {Error}");
            await Task.Delay(100);
        }
    }

    private void Start(string[] arguments)
    {
        var terminal = new Terminal
        {
            Output = new LockedStream(_output), Error = _error, Zone = TimeZoneInfo.Utc, IsPlain = true,
        };
        Code = CommandList.Run(arguments, terminal, listens: false);
    }

    private sealed class LockedStream(MemoryStream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
            lock (inner) inner.Write(buffer, offset, count);
        }
    }
}
