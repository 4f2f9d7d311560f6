using System.Buffers;
using System.Text;
using NetSniff.Kube.Watching;

namespace NetSniff.Tests.Kube.Watching;

public class BoundedLinesTests
{
    public static TheoryData<string, string, bool> Streams => new()
    {
        { "", "", false },
        { "one\ntwo\n", "one|two", false },
        { "one\n\ntwo\n", "one||two", false },
        { "one\ntwo", "one", true },
        { "12345678\n", "12345678", false },
        { "one\n123456789\ntwo\n", "one", true },
        { "123456789", "", true },
    };

    /// <summary>Whole, and byte by byte.</summary>
    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Lines_are_read_up_to_one_without_a_timely_end(string text, string lines, bool isCut)
    {
        foreach (var step in new[] { 1, 3, 1000 })
        {
            using var stream = new InSteps(Encoding.UTF8.GetBytes(text), step);
            await using var reader = new BoundedLines(stream, lineMax: 8);
            List<string> read = [];
            while (await reader.NextAsync(CancellationToken.None) is { } line)
            {
                read.Add(Encoding.UTF8.GetString(line.ToArray()));
            }

            Assert.Equal(lines, string.Join('|', read));
            Assert.Equal(isCut, reader.IsCut);
            Assert.Null(await reader.NextAsync(CancellationToken.None));
        }
    }

    private sealed class InSteps(byte[] bytes, int step) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
