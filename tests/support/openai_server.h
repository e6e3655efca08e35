// tests/support/openai_server.py as a process of its own, on a port of its own.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "source_dir.h"

namespace axia::test {

class OpenAiServer {
  public:
    /// `options` of the script.
    explicit OpenAiServer(const std::vector<std::string>& options = {}) {
        std::vector<std::string> words{"python3",
                                       AXIA_SOURCE_DIR "/tests/support/openai_server.py"};
        words.insert(words.end(), options.begin(), options.end());
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
        const int code =
            ::posix_spawnp(&process_, "python3", &actions, nullptr, arguments.data(), environ);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(ends[1]);
        std::string line;
        char c = 0;
        while (code == 0 && ::read(ends[0], &c, 1) == 1 && c != '\n') line += c;
        ::close(ends[0]);
        if (line.empty()) throw std::runtime_error("openai_server.py does not start");
        port_ = std::stoi(line);
    }
    ~OpenAiServer() {
        ::kill(process_, SIGKILL);
        ::waitpid(process_, nullptr, 0);
    }
    OpenAiServer(const OpenAiServer&) = delete;
    OpenAiServer& operator=(const OpenAiServer&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    /// What was asked so far: path, message, body, authorization, under_way (requests at once).
    nlohmann::json seen() const {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port_));
        std::string text;
        if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
            const std::string request =
                "GET /seen HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            if (::write(socket, request.data(), request.size()) > 0) {
                char block[4096];
                for (::ssize_t n = 0; (n = ::read(socket, block, sizeof block)) > 0;) {
                    text.append(block, static_cast<std::size_t>(n));
                }
            }
        }
        ::close(socket);
        return nlohmann::json::parse(text.substr(text.find("\r\n\r\n") + 4));
    }

  private:
    pid_t process_ = 0;
    int port_ = 0;
};

}  // namespace axia::test
